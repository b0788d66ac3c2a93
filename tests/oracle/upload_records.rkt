#lang racket/base
;; What curators of the original catalog server run to send many records: ADDRESS PASSWORD URL; a table from names to
;; tables of fields on standard input. The password goes along in the body, as bytes; whatever is answered is printed.
(require net/url racket/port)

(define-values (address password server)
  (apply values (vector->list (current-command-line-arguments))))

(define body
  (with-output-to-bytes
    (lambda () (write (list address (string->bytes/utf-8 password) (read))))))

(define answer (post-pure-port (combine-url/relative (string->url server) "/api/upload") body))
(copy-port answer (current-output-port))
(close-input-port answer)
