#!/bin/bash
# Runs once, when PostgreSQL makes its cluster: Mien's own role, which is no superuser, and its database.
set -euo pipefail

psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set password="$(cat /run/secrets-of-postgres/mien)" <<'SQL'
CREATE ROLE mien LOGIN PASSWORD :'password';
CREATE DATABASE mien OWNER mien;
REVOKE CONNECT ON DATABASE mien FROM PUBLIC;
SQL
