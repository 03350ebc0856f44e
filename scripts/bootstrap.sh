# Sourced by run, test, check and lock: a virtual environment that matches its lock, and where everything is.
#
# The stamp inside .venv is a copy of the lock that was installed, so "is it current?" costs one comparison.
# All that changes .venv is in bootstrap.py, which lets one start at a time through.

ROOT="$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
PYTHON="$ROOT/.venv/bin/python"
# What was compiled once is kept: every program that a test or a bench starts would compile the project again.
unset PYTHONHOME PYTHONDONTWRITEBYTECODE
export PYTHONPATH="$ROOT"

say() { printf 'setting up: %s\n' "$1" >&2; }

fail() {
    printf 'error: %s\n' "$@" >&2
    exit 1
}

may_install() { [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; }

install_with_apt() {
    say "installing $* with apt-get"
    {
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
    } </dev/null >/dev/null || fail "apt-get could not install $*: its own message stands above"
}

# A name on the PATH proves nothing (version managers leave dead ones there, Debian splits venv off), so each
# candidate is asked whether it is new enough and can make an environment. The `python3` that comes last on the PATH
# is asked first: it is the distribution's, built with more optimisation than what a version manager compiles.
find_python() {
    local candidate candidates=""
    while read -r candidate; do candidates="$candidate $candidates"; done < <(type -aP python3)
    for candidate in $candidates python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    return 1
}

find_or_install_python() {
    find_python && return
    if may_install; then
        install_with_apt python3 python3-venv
        find_python && return
    fi
    fail "no Python 3.11 or newer with its venv module was found on the PATH" \
        "remedy: install it (on Debian and Ubuntu: apt-get install python3 python3-venv), then start again"
}

is_current() { # $1: runtime or dev
    cmp -s "$ROOT/requirements/$1.txt" "$ROOT/.venv/$1.lock" && "$PYTHON" -c 'import pip' 2>/dev/null
}

prepare_environment() { # $1: runtime or dev
    is_current "$1" && return
    local python
    python="$(find_or_install_python)"
    "$python" "$ROOT/scripts/bootstrap.py" "$1"
}

need() { # $1: what for, then the packages
    local purpose="$1"
    shift
    may_install || fail "$purpose" "remedy: apt-get install $*"
    install_with_apt "$@"
}

has_engine() { # $1: postgresql, rabbitmq, alertmanager or kannel
    "$PYTHON" -P -m scripts.engines "$1" 2>/dev/null
}

prepare_engines() { # after prepare_environment
    has_engine postgresql || need "this runs on PostgreSQL" postgresql
    has_engine rabbitmq || need "this runs on RabbitMQ" rabbitmq-server
}

prepare_rival() { # after prepare_environment
    has_engine alertmanager || need "this measures Alertmanager beside the court" prometheus-alertmanager
}

# The push service of the tests, a program for Node: beside the environment, with the lock that it was installed from.
prepare_push_service() { # after prepare_environment
    local wanted="$ROOT/tests/push_service" installed="$ROOT/.venv/push-service"
    cmp -s "$wanted/package-lock.json" "$installed/installed.lock" && return
    command -v npm >/dev/null && command -v node >/dev/null ||
        need "the tests of push messages need Node and npm" nodejs npm
    say "installing the push service of the tests"
    rm -rf -- "$installed"
    mkdir -p -- "$installed"
    cp -- "$wanted/package.json" "$wanted/package-lock.json" "$installed"
    (cd -- "$installed" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error) >&2 ||
        fail "npm could not install the push service of the tests: its own message stands above"
    cp -- "$wanted/package-lock.json" "$installed/installed.lock"
}
