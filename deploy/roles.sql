-- Who may do what in the database of a town's server. By a superuser, in that database, with psql; as often as one likes:
-- the passwords come from the environment. docker-compose.yml runs it when the volume of PostgreSQL is new.
--
--   accorde_owner   owns the tables: migrations and nothing else (the service `prepare`)
--   accorde_app     the site, the workers, the scheduler: reads and writes rows, changes no table
--   accorde_eraser  what the law has erased goes through it; nobody signs in as it, a worker becomes it for that
--   accorde_reader  reads: questions of an operator, a dump made elsewhere

\set ON_ERROR_STOP on
\getenv owner DATABASE_OWNER_PASSWORD
\getenv app DATABASE_PASSWORD
\getenv reader DATABASE_READER_PASSWORD
SELECT current_database() AS base \gset

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['accorde_owner', 'accorde_app', 'accorde_eraser', 'accorde_reader']) name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE accorde_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner';
ALTER ROLE accorde_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app';
ALTER ROLE accorde_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'reader';
ALTER ROLE accorde_eraser NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
-- Migrations give it its rights; whoever works for the site may become it, and has none of them before.
GRANT accorde_eraser TO accorde_owner WITH ADMIN OPTION;
GRANT accorde_eraser TO accorde_app WITH INHERIT FALSE, SET TRUE;

REVOKE ALL ON DATABASE :"base" FROM PUBLIC;
ALTER DATABASE :"base" OWNER TO accorde_owner;
ALTER SCHEMA public OWNER TO accorde_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- TEMPORARY: a scan hands its result over by tables of its own session.
GRANT CONNECT, TEMPORARY ON DATABASE :"base" TO accorde_app;
GRANT CONNECT ON DATABASE :"base" TO accorde_reader;
GRANT USAGE ON SCHEMA public TO accorde_app, accorde_eraser, accorde_reader;

-- What is there, and what migrations will make.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO accorde_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO accorde_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO accorde_reader;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO accorde_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE accorde_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO accorde_app;
ALTER DEFAULT PRIVILEGES FOR ROLE accorde_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO accorde_app;
ALTER DEFAULT PRIVILEGES FOR ROLE accorde_owner IN SCHEMA public GRANT SELECT ON TABLES TO accorde_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE accorde_owner IN SCHEMA public GRANT SELECT ON SEQUENCES TO accorde_reader;
