#lang racket/base
;; Asks get-info/full about info files. Standard input: one JSON object per line, with "source" (text for a fresh
;; info.rkt) or "directory". Standard output: one JSON object per line with the verdict.
(require json racket/file setup/getinfo)

(define (encoded v)
  (cond
    [(or (string? v) (boolean? v) (exact-integer? v)) v]
    [(list? v) (map encoded v)]
    [(symbol? v) (hasheq '$sym (symbol->string v))]
    [(keyword? v) (hasheq '$kw (keyword->string v))]
    [(pair? v) (hasheq '$dotted (let loop ([v v]) (if (pair? v) (cons (encoded (car v)) (loop (cdr v))) (list (encoded v)))))]
    [(bytes? v) (hasheq '$bytes (apply string-append (for/list ([b v]) (string-append (if (< b 16) "0" "") (number->string b 16)))))]
    [(char? v) (hasheq '$char (char->integer v))]
    [(byte-pregexp? v) (hasheq '$px-bytes (encoded (object-name v)))]
    [(byte-regexp? v) (hasheq '$rx-bytes (encoded (object-name v)))]
    [(pregexp? v) (hasheq '$px (object-name v))]
    [(regexp? v) (hasheq '$rx (object-name v))]
    [(number? v) (hasheq '$num (format "~s" v))]
    [(vector? v) (hasheq '$vector (map encoded (vector->list v)))]
    [(box? v) (hasheq '$box (encoded (unbox v)))]
    [(hash? v) (hasheq '$hash (for/list ([(k w) v]) (list (encoded k) (encoded w))))]
    [(prefab-struct-key v)
     => (lambda (key) (hasheq '$prefab (cons (encoded key) (map encoded (cdr (vector->list (struct->vector v)))))))]
    [(path? v) (hasheq '$path (path->string v))]
    [(procedure? v) (hasheq '$proc (format "~a" (object-name v)))]
    [else (hasheq '$other (format "~s" v))]))

;; The names that a readable file defines, in order.
(define (names directory)
  (define module
    (parameterize ([read-accept-reader #t] [read-accept-lang #t])
      (call-with-input-file (build-path directory "info.rkt") read)))
  (define body (cdddr module))
  (define forms
    (if (and (= 1 (length body)) (eq? '#%module-begin (caar body))) (cdar body) body))
  (map cadr forms))

(define (verdict directory)
  (define ((failed category) error)
    (hasheq 'result "error" 'category category 'message (exn-message error)
            'places (if (exn:srclocs? error)
                        (for/list ([place ((exn:srclocs-accessor error) error)])
                          (list (srcloc-line place) (srcloc-column place)))
                        '())))
  (define (shape? error)
    (and (exn:fail? error) (regexp-match? #rx"^get-info" (exn-message error))))
  (with-handlers ([exn:fail:read? (failed "read")]
                  [exn:fail:syntax? (failed "syntax")]
                  [shape? (failed "shape")]
                  [exn:fail? (failed "runtime")])
    (define lookup (get-info/full directory))
    (hasheq 'result "ok"
            'fields (for/list ([name (names directory)]) (list (symbol->string name) (encoded (lookup name)))))))

(define scratch (make-temporary-file "info~a" 'directory))
(for ([line (in-lines)] [number (in-naturals)])
  (define request (string->jsexpr line))
  (define directory
    (or (hash-ref request 'directory #f)
        (let ([fresh (build-path scratch (number->string number))])
          (make-directory fresh)
          (call-with-output-file (build-path fresh "info.rkt")
            (lambda (out) (write-string (hash-ref request 'source) out)))
          fresh)))
  (write-json (verdict directory))
  (newline))
(delete-directory/files scratch)
