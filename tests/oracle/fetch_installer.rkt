#lang racket/base
;; Does over HTTP what a program does that keeps Rackets for other platforms: asks the site which version is current and
;; which file is the minimal distribution for a platform, fetches it, and unpacks it without its one outer directory.
(require file/untgz net/url racket/port)

(define-values (site dest) (apply values (vector->list (current-command-line-arguments))))
(define (ask name) (get-pure-port (string->url (string-append site "installers/" name))))

(define version (let ([in (ask "version.rktd")]) (begin0 (read in) (close-input-port in))))
(define table (let ([in (ask "table.rktd")]) (begin0 (read in) (close-input-port in))))
(define file (string-append "racket-minimal-" version "-x86_64-linux-cs.tgz"))
(unless (for/or ([name (in-hash-values table)]) (equal? name file)) (error "not in the table:" file))
(define in (ask file))
(untgz in #:dest dest #:strip-count 1)
(close-input-port in)
(write (list version file (file-exists? (build-path dest "README"))))
