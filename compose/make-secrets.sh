#!/bin/sh
# Makes what compose.yaml hands to the containers, in the folder secrets: one file each, none overwritten.
# Asks for the bot's token, or reads it from the input: sh compose/make-secrets.sh < token
set -eu
cd "$(dirname "$0")/.."

# The folder keeps others out. The files themselves must be readable: they are mounted as they are, and
# in the container another user reads them.
umask 022
mkdir -p secrets
chmod 700 secrets

keep() {
    [ -s "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"
}

password() {
    keep "$1" "$(od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n')"
}

if [ ! -s secrets/telegram_token ]; then
    [ ! -t 0 ] || printf 'Токен бота от @BotFather: '
    read -r token
    if [ -z "$token" ]; then
        echo 'Токен пустой: получите его у @BotFather и запустите ещё раз.' >&2
        exit 1
    fi
    keep telegram_token "$token"
fi

password postgres_password
password migrator_password
password server_password
keep admin_database_url "postgresql://ambar_migrator:$(cat secrets/migrator_password)@postgres:5432/ambar"
keep database_url "postgresql://ambar_server:$(cat secrets/server_password)@postgres:5432/ambar"
echo 'Готово: секреты в папке secrets. Дальше: docker compose up -d --build'
