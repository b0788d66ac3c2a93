#lang racket/base
;; Packs collections. Standard input: one JSON object per line, with "raw" (a file for what is written there: the file
;; that the program gzip on PATH, which the caller has put there, is told in RAW), "name" (or null), "collections" and
;; the other arguments of pack-collections-plt. "include_compiled" asks for the filter of the command. Or the object is
;; {"list": true}: then the answer is an array of all top-level collections. Otherwise it is null, or the error's text.
(require json racket/list racket/port setup/link setup/pack)

(define (every-collection)
  (define (folders directory)
    (if (directory-exists? directory)
        (for/list ([name (directory-list directory)] #:when (directory-exists? (build-path directory name)))
          (path->string name))
        '()))
  (define linked
    (for/list ([file (current-library-collection-links)] #:when (and file (file-exists? file)))
      (append (filter string? (links #:file file))
              (append-map folders (links #:file file #:root? #t)))))
  (sort (remove-duplicates (append (append-map folders (current-library-collection-paths)) (apply append linked)))
        string<?))

(define (pack request)
  (define (argument name)
    (define value (hash-ref request name #f))
    (and (not (eq? value (json-null))) value))
  (putenv "RAW" (argument 'raw))
  (with-handlers ([exn:fail? exn-message])
    (parameterize ([current-output-port (open-output-nowhere)])
      (pack-collections-plt
       (build-path (find-system-path 'temp-dir) "pltpack-nothing.plt")
       (argument 'name)
       (argument 'collections)
       #:replace? (argument 'replace)
       #:extra-setup-collections (hash-ref request 'extra '())
       #:file-filter (if (argument 'include_compiled)
                         (lambda (path) (or (regexp-match #rx#"compiled$" (path->bytes path)) (std-filter path)))
                         std-filter)
       #:at-plt-home? (argument 'at_plt_home)
       #:test-plt-collects? (hash-ref request 'test #t)))
    (json-null)))

(for ([line (in-lines)])
  (define request (string->jsexpr line))
  (write-json (if (hash-ref request 'list #f) (every-collection) (pack request)))
  (newline)
  (flush-output))
