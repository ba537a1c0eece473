#!/usr/bin/env bash
# Makes .venv from requirements-dev.txt, with the first Python that serves: $PYTHON, 3.13, 3.12, 3.11, any other.
#
#   infra/make_venv.sh            make it
#   infra/make_venv.sh --which    print the Python that would make it; exits with 1 where there is none
#
# .venv/.made is written last and is what counts: without it, or older than its pins, .venv is made anew from nothing.
set -euo pipefail

stamp=.venv/.made
pins=requirements-dev.txt

# pyenv puts commands of every version on the path and lets only the chosen version's run. Here they may all run.
offer_all_of_pyenv() {
    local versions
    if versions=$(pyenv versions --bare 2>/dev/null | grep -E '^3\.[0-9]+\.[0-9]+$' | paste -sd: -); then
        export PYENV_VERSION=$versions
    fi
}

# Prints the interpreter behind a command that runs, is new enough and can make environments. That of an environment
# is the one it came from, since .venv, activated, can't make itself anew.
interpreter() {
    "$1" -c 'if True:
        import ensurepip, os, sys, venv
        assert sys.version_info >= (3, 11)
        in_environment = sys.prefix != sys.base_prefix
        print(os.path.realpath(sys.executable) if in_environment else sys.executable)' 2>/dev/null </dev/null
}

find_python() {
    local name candidate
    for name in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3; do
        while IFS= read -r candidate; do
            interpreter "$candidate" && return
        done < <(type -aP "$name")
    done
    echo "No Python 3.11 or newer runs here with its venv module: install one (Debian: python3-venv)" \
        "or name it: make PYTHON=/path/to/python" >&2
    return 1
}

# A second `make` beside this one waits, then finds the work done. Where flock is missing it does not wait.
alone() {
    if command -v flock >/dev/null; then
        exec 9<"$pins"
        flock 9
    fi
}

pip() {
    .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"
}

# uv, itself among the pins, installs them in a fifth of pip's time. It does not read pip's own settings: it is told
# where this machine's packages come from, and where it can't reach them pip does it all.
install() {
    local index
    pip install --quiet --no-compile "$(grep -m1 '^uv==' "$pins")"
    if [[ -z ${UV_DEFAULT_INDEX:-} ]] && index=$(pip config get global.index-url 2>/dev/null); then
        export UV_DEFAULT_INDEX=$index
    fi
    .venv/bin/uv pip install --quiet --python .venv/bin/python -r "$pins" 2>/dev/null ||
        pip install --quiet --no-compile -r "$pins"
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
offer_all_of_pyenv
python=$(find_python)
if [[ ${1:-} == --which ]]; then
    echo "$python"
    exit
fi

alone
if [[ -e $stamp && ! $stamp -ot $pins ]]; then
    exit
fi
if [[ -L .venv ]]; then
    echo ".venv is a link, and what it leads to is not emptied for this: remove the link first" >&2
    exit 1
fi
echo "Making .venv with $("$python" --version) from $pins: a minute or two, once."
rm -f "$stamp"
"$python" -m venv --clear .venv
install
touch "$stamp"
