# To be sourced at the root: the package of build/library goes first, in a UTF-8 locale (the plain C locale has no letters
# for plots and messages).
[ "$(locale charmap 2>/dev/null)" = UTF-8 ] || export LC_ALL=C.UTF-8
export R_LIBS="$PWD/build/library:${R_LIBS:-}"
