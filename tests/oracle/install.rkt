#lang racket/base
;; Unpacks archives with setup/unpack and says what became of each, and what is on the disk afterwards.
;;
;; Reads a JSON array of jobs, each {"before": {PATH: TEXT}, "archives": [{"file", "force", "all-users"}, ...]}, where
;; paths are below the directory given as the argument, which has "add", "main" and "here" in it. Each job begins with
;; these empty but for "before" (a text of null: a directory). Prints an array of {"results": [...], "tree": {...}}:
;; for each archive {"error", "kept", "warned", "collections"}, and for each path its text and mode.
(require json racket/file racket/port racket/list setup/unpack setup/dirs)

(define top (vector-ref (current-command-line-arguments) 0))
(define places '("add" "main" "here"))

(define (writable? path)
  (memq 'write (file-or-directory-permissions path)))

(define (begin-job! before)
  (for ([place (in-list places)])
    (define directory (build-path top place))
    (when (writable? directory)
      (for ([path (in-list (directory-list directory #:build? #t))])
        (delete-directory/files path))))
  (for ([(name text) (in-hash before)])
    (define path (build-path top (symbol->string name)))
    (cond
      [(eq? text (json-null)) (make-directory* path)]
      [else
       (make-directory* (let-values ([(base _name _dir?) (split-path path)]) base))
       (display-to-file text path)])))

(define (run archive)
  (define statuses '())
  (define problem
    (with-handlers ([exn:fail? exn-message])
      (define collections
        (unpack (hash-ref archive 'file)
                (build-path (find-collects-dir) 'up)
                (lambda (status) (set! statuses (cons status statuses)))
                (lambda () (build-path top "here"))
                (hash-ref archive 'force)
                (if (hash-ref archive 'all-users)
                    (lambda (_preferred main _choices) main)
                    (lambda (preferred _main _choices) preferred))))
      (box collections)))
  (define (count-of rx)
    (count (lambda (status) (regexp-match? rx status)) statuses))
  (hash 'error (if (box? problem) (json-null) problem)
        'collections (if (box? problem) (unbox problem) '())
        'kept (count-of #rx"already exists$")
        'warned (positive? (count-of #rx"^warning:"))))

(define (tree)
  (for*/hash ([place (in-list places)]
              [path (in-directory (build-path top place))])
    (define name (path->string (find-relative-path* path)))
    (values (string->symbol name)
            (list (if (directory-exists? path) (json-null) (bytes->string/latin-1 (file->bytes path)))
                  (file-or-directory-permissions path 'bits)))))

(define (find-relative-path* path)
  (string->path (substring (path->string path) (add1 (string-length top)))))

(write-json
 (for/list ([job (in-list (read-json))])
   (begin-job! (hash-ref job 'before))
   (define results (map run (hash-ref job 'archives)))
   (hash 'results results 'tree (tree))))
