#lang racket/base
;; Reads the tables of a distribution site as programs do that look for an installer or check one: `table.rktd` by
;; description and by file name, `installers.rktd` with the sums, `version.rktd`, and the table of logs. Prints one
;; datum of all that it found; stops with an error where a program would.
(require file/sha1)

(define site (vector-ref (current-command-line-arguments) 0))
(define (in . parts) (apply build-path site parts))

(define table (call-with-input-file (in "installers" "table.rktd") read))
(define sums (call-with-input-file (in "installers" "installers.rktd") read))
(define version (call-with-input-file (in "installers" "version.rktd") read))
(define logs (if (file-exists? (in "log" "logs-table.rktd"))
                 (call-with-input-file (in "log" "logs-table.rktd") read)
                 (hash)))

(unless (and (hash? table) (hash? sums) (hash? logs) (string? version))
  (error "a table has another shape"))

(define found
  (for/list ([key (sort (hash-keys table) string<?)])
    (define file (hash-ref table key))
    (define path (in "installers" file))
    (define said (hash-ref sums key))
    (unless (equal? (hash-ref said 'filename) file) (error "another file" key))
    (unless (equal? (hash-ref said 'size) (file-size path)) (error "another size" key))
    (unless (equal? (hash-ref said 'sha1) (call-with-input-file path sha1)) (error "another SHA-1" key))
    (unless (equal? (hash-ref said 'sha256)
                    (bytes->hex-string (call-with-input-file path sha256-bytes)))
      (error "another SHA-256" key))
    (list key file)))

;; What a program for other platforms asks for: the minimal archive of a version and a platform.
(define minimal
  (for/first ([(key file) (in-hash table)]
              #:when (regexp-match? #rx"^racket-minimal-.*-x86_64-linux-cs[.]tgz$" file))
    file))

(write (list version found minimal (sort (hash-keys logs) string<?)))
