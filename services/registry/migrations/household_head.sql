CREATE INDEX IF NOT EXISTS household_head_id_number_index ON household ("head_id_number_index", "id");
