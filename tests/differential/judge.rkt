#lang racket/base
;; Racket's own readers as a judge. Reads a JSON array of {"format", "archive", "into"}, unpacks each archive with what
;; the package manager unpacks it with, writes a JSON array of error messages, false where it ends well.
(require json file/untgz file/unzip)

(define seconds 20)

(define (unpack format archive into)
  (case format
    [("zip") (unzip archive (make-filesystem-entry-reader #:dest into)
                    #:preserve-timestamps? #t #:utc-timestamps? #t)]
    [else (untgz archive #:dest into)]))

(define (answer question)
  (define custodian (make-custodian))
  (define done (make-channel))
  (parameterize ([current-custodian custodian]
                 [current-error-port (open-output-nowhere)])
    (thread
     (lambda ()
       (channel-put
        done
        (with-handlers ([(lambda (e) #t) (lambda (e) (if (exn? e) (exn-message e) "raised"))])
          (unpack (hash-ref question 'format) (hash-ref question 'archive) (hash-ref question 'into))
          #f)))))
  (begin0
    (sync done (handle-evt (alarm-evt (+ (current-inexact-milliseconds) (* 1000 seconds)))
                                           (lambda (_) "no end")))
    (custodian-shutdown-all custodian)))

(define (open-output-nowhere)
  (make-output-port 'nowhere always-evt (lambda (bytes start end . _) (- end start)) void))

(write-json (map answer (read-json)))
