#lang racket/base
;; Runs raco's own commands many times in one process. Reads a JSON array of {"command", "directory", "arguments"},
;; writes a JSON array of {"out", "error"}; the error is false where the command ends well.
(require json
         racket/port
         (only-in setup/pack)
         (only-in setup/unpack)
         (only-in setup/getinfo)
         (only-in compiler/distribute)
         (only-in scheme/base)
         (only-in scheme/cmdline)
         (only-in racket/file)
         (only-in racket/match)
         (only-in racket/pretty)
         (only-in racket/string)
         (only-in raco/command-name))

(define shared
  '(setup/pack setup/unpack setup/getinfo compiler/distribute scheme/base scheme/cmdline racket/file racket/match
    racket/pretty racket/string raco/command-name))

(define-namespace-anchor anchor)
(define loaded (namespace-anchor->empty-namespace anchor))

;; The command's module runs when it is instantiated: each time in a namespace of its own, where all that it needs
;; is there already.
(define (run command)
  (define namespace (make-base-empty-namespace))
  (for ([name (in-list shared)])
    (namespace-attach-module loaded name namespace))
  (parameterize ([current-namespace namespace])
    (dynamic-require (string->symbol (string-append "compiler/commands/" command)) #f)))

(define (answer question)
  (define out (open-output-bytes))
  (define failure
    (let/ec return
      (parameterize ([current-directory (hash-ref question 'directory)]
                     [current-command-line-arguments (list->vector (hash-ref question 'arguments))]
                     [current-output-port out]
                     [current-error-port (open-output-nowhere)]
                     [exit-handler (lambda (code) (return (if (eqv? code 0) #f (format "exit ~a" code))))])
        (with-handlers ([exn:fail? exn-message])
          (run (hash-ref question 'command))
          #f))))
  (hash 'out (get-output-string out) 'error failure))

(write-json (map answer (read-json)))
