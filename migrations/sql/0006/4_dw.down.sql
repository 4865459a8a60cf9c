DROP SCHEMA dw CASCADE;

-- An administrator may have had it before us.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist' AND pg_get_userbyid(extowner) = current_user) THEN
        DROP EXTENSION btree_gist;
    END IF;
END $$;
