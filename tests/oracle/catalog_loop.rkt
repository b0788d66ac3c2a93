#lang racket/base
;; A client that asks catalogs again and again: all packages, and each of them fetched, checked and unpacked as an
;; installation does it. The arguments are the URLs of catalogs. A number that comes in is told back as soon as a round
;; has ended that began after it came. The first failure ends it all.
(require net/url pkg/lib racket/file racket/list racket/string)

(define catalogs (map string->url (vector->list (current-command-line-arguments))))
(define latest 0)

(void
 (thread
  (lambda ()
    (let loop ()
      (define line (read-line))
      (unless (eof-object? line)
        (set! latest (string->number line))
        (loop)))
    (exit 0))))

(define (look catalog)
  (parameterize ([current-pkg-catalogs (list catalog)])
    (define names (sort (get-all-pkg-names-from-catalogs) string<?))
    (define details (get-all-pkg-details-from-catalogs))
    (unless (equal? names (sort (hash-keys details) string<?))
      (error "the lists differ" names (hash-keys details)))
    (for ([name names])
      (define-values (told directory checksum temporary? modules)
        (pkg-stage (pkg-desc name #f #f #f #f) #:use-cache? #f #:quiet? #t))
      (when temporary? (delete-directory/files directory)))
    names))

(let loop ()
  (define asked latest)
  (define seen
    (for/list ([catalog catalogs])
      (with-handlers ([exn:fail?
                       (lambda (problem)
                         (printf "failed ~a ~a\n" (url->string catalog)
                                 (string-replace (exn-message problem) "\n" " "))
                         (exit 1))])
        (look catalog))))
  (printf "~a ~a\n" asked (string-join (remove-duplicates (append* seen)) " "))
  (flush-output)
  (loop))
