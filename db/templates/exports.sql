-- name: hold_still
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: features
COPY (SELECT {columns} FROM {view} WHERE {condition}) TO STDOUT (FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01');

-- name: lines
COPY (SELECT {columns} FROM {view} WHERE {condition}) TO STDOUT (FORMAT csv, HEADER);

-- name: typed_lines
COPY (SELECT {columns} FROM {view} WHERE {condition}) TO STDOUT (FORMAT csv);
