#!/bin/sh
# Do `make test` and `make demo` work, twice each, on a Debian that has nothing but make?
# Usage, as root: tools/check-bare.sh [FOLDER [SUITE]]
#
# FOLDER becomes a Debian SUITE made by debootstrap; one that is already there is used as it is, so remove it to begin
# with a bare one. The mirror, the certificates and R's repositories are those that this machine is configured with.
# The package is a git archive of HEAD. Logs are left in FOLDER/root/log.
set -eu
cd "$(dirname "$0")/.."
root=${1:-${TMPDIR:-/tmp}/moerate-bare}
suite=${2:-bookworm}

if [ ! -x "$root/usr/bin/make" ]; then
  mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$suite" '$1 == suite { print $2; exit }')
  debootstrap --variant=minbase --include=make,ca-certificates,git "$suite" "$root" "$mirror"
fi

# How this machine reaches the registries.
rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
cp -a /etc/apt/. "$root/etc/apt/"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp -a /usr/local/share/ca-certificates "$root/usr/local/share/"
chroot "$root" update-ca-certificates >/dev/null
if command -v Rscript >/dev/null; then
  Rscript -e 'cat("options(repos = ", deparse1(getOption("repos")), ")\n", sep = "")' >"$root/root/.Rprofile"
fi

rm -rf "$root/root/moerate"
mkdir -p "$root/root/moerate" "$root/root/log"
git archive HEAD | tar -xf - -C "$root/root/moerate"

# In a mount namespace of its own, so that /proc and /dev go away with it.
run() {
  unshare --mount sh -c '
    mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev"
    exec chroot "$0" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "cd /root/moerate && $1"
  ' "$root" "$1"
}

for round in 1 2; do
  for target in test demo; do
    log=$root/root/log/$target-$round
    begin=$(date +%s)
    status=0
    run "make $target" >"$log" 2>&1 </dev/null || status=$?
    echo "make $target, round $round: exit status $status, $(($(date +%s) - begin)) s: $(tail -n 1 "$log")"
    [ "$status" = 0 ] || failed=yes
  done
done
[ -z "${failed:-}" ]
