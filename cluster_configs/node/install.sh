#!/usr/bin/env bash
# Installs fpray with its Ray into ~/fpray on a node. Quick where that is done; fails in a sentence where it cannot.
set -euo pipefail

# The machine that runs `ray up`, the head and every node need the same version of Ray, to the last digit.
ray_version=2.60.0

fail() { echo "fpray on $(hostname): $1" >&2; exit 1; }

command -v java > /dev/null || fail "there is no java: install a JRE or JDK 17 (Debian: openjdk-17-jdk-headless)"
[ -s ~/fpray-secret/auth_token ] || fail "there is no token in ~/fpray-secret: file_mounts says where it comes from"
wheels=(~/fpray-wheel/fpray-*.whl)
[ -e "${wheels[0]}" ] || fail "there is no wheel in ~/fpray-wheel: run make wheel, then ray up again"
[ ${#wheels[@]} = 1 ] || fail "there are several wheels in ~/fpray-wheel: leave the one you mean in dist/"

if [ ! -x ~/fpray/bin/pip ]; then
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "python3 is older than 3.11"
  python3 -m venv ~/fpray
fi
# A wheel keeps its version while its content changes, so pip cannot know whether this one is installed.
wanted="$ray_version $(sha256sum < "${wheels[0]}")"
if [ "$wanted" != "$(cat ~/fpray/installed 2> /dev/null)" ]; then
  # Compiled here: without bytecode every Ray process would compile Ray anew, for seconds.
  pip=(~/fpray/bin/pip install --quiet --disable-pip-version-check --compile)
  "${pip[@]}" "ray[default]==$ray_version" "${wheels[0]}"
  "${pip[@]}" --no-deps --force-reinstall "${wheels[0]}"
  echo "$wanted" > ~/fpray/installed
fi

grep -qs fpray-node/env.sh ~/.bashrc || echo '. ~/fpray-node/env.sh' >> ~/.bashrc
