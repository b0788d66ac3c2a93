#lang racket/base
;; Prints what this Racket says about its directories: one JSON object, functions to values.
(require json setup/dirs)

(define (plain v)
  (cond
    [(path? v) (path->string v)]
    [(list? v) (map plain v)]
    [(symbol? v) (if (eq? v 'same) "." (symbol->string v))]
    [else v]))

(define (answer thunk)
  (with-handlers ([exn:fail? (lambda (_) "ERROR")])
    (plain (thunk))))

(define system-paths
  '(home-dir addon-dir cache-dir pref-dir pref-file init-dir init-file doc-dir desk-dir temp-dir))
(define functions
  '(get-installation-name find-config-dir find-collects-dir get-main-collects-search-dirs find-user-collects-dir
    get-collects-search-dirs find-doc-dir find-user-doc-dir get-doc-search-dirs get-doc-extra-search-dirs
    find-include-dir find-user-include-dir get-include-search-dirs find-lib-dir find-user-lib-dir get-lib-search-dirs
    get-cross-lib-search-dirs get-cross-lib-extra-search-dirs find-dll-dir find-share-dir find-user-share-dir
    get-share-search-dirs get-share-extra-search-dirs find-apps-dir find-user-apps-dir find-man-dir find-user-man-dir
    get-man-search-dirs get-man-extra-search-dirs find-console-bin-dir find-user-console-bin-dir
    get-console-bin-search-dirs get-console-bin-extra-search-dirs find-gui-bin-dir find-user-gui-bin-dir
    get-gui-bin-search-dirs get-gui-bin-extra-search-dirs find-config-tethered-console-bin-dir
    find-config-tethered-gui-bin-dir find-config-tethered-apps-dir find-addon-tethered-console-bin-dir
    find-addon-tethered-gui-bin-dir find-addon-tethered-apps-dir find-links-file find-user-links-file
    get-links-search-files find-pkgs-dir find-user-pkgs-dir get-pkgs-search-dirs get-absolute-installation?
    get-cgc-suffix get-3m-suffix get-cs-suffix get-doc-search-url get-doc-open-url get-build-stamp))

(write-json
 (for/hasheq ([pair (in-list
                     (append
                      (for/list ([key (in-list system-paths)])
                        (cons key (answer (lambda () (find-system-path key)))))
                      (for/list ([name (in-list functions)])
                        (cons name (answer (lambda () ((dynamic-require 'setup/dirs name))))))
                      (list
                       (cons 'version (version))
                       (cons 'current-library-collection-paths (answer current-library-collection-paths))
                       (cons 'current-library-collection-links (answer current-library-collection-links))
                       (cons 'current-compiled-file-roots (answer current-compiled-file-roots)))))])
   (values (car pair) (cdr pair))))
