-- name: drop_before
SELECT catalogue.drop_before(%(dataset_id)s, %(instant)s) AS dropped;
