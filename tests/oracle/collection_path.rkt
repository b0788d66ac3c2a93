#lang racket/base
;; Reads a JSON array of questions, each {"links": FILE or null, "collections": [[element, ...], ...]}, and prints an
;; array of arrays: where each collection is, or null. A links file given takes the place of the links files in use.
(require json)

(define (where elements)
  (with-handlers ([exn:fail? (lambda (_) (json-null))])
    (path->string (apply collection-path elements))))

(write-json
 (for/list ([question (in-list (read-json))])
   (define file (hash-ref question 'links))
   (parameterize ([current-library-collection-links
                   (if (string? file) (list #f (string->path file)) (current-library-collection-links))])
     (map where (hash-ref question 'collections)))))
