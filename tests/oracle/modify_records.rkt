#lang racket/base
;; What people run to edit their records on the original catalog server: ADDRESS PASSWORD URL; a list of tables on
;; standard input, each with the keys of a request. Who asks is told by Basic credentials, and no type is told. The
;; answer to each is printed on a line.
(require json net/base64 net/url racket/port)

(define-values (address password server)
  (apply values (vector->list (current-command-line-arguments))))

(define credentials
  (base64-encode (string->bytes/utf-8 (string-append address ":" password)) #""))
(define heads (list (string-append "Authorization: Basic " (bytes->string/latin-1 credentials))))
(define place (combine-url/relative (string->url server) "/api/package/modify-all"))

(for ([record (in-list (read))])
  (define answer (post-pure-port place (jsexpr->bytes record) heads))
  (displayln (port->string answer))
  (close-input-port answer))
