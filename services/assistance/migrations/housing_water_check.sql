CREATE TABLE housing_water_check (
    "id" TEXT NOT NULL,
    "version" BIGINT NOT NULL,
    "valid_from" TEXT NOT NULL,
    "valid_to" TEXT NOT NULL,
    "recorded_at" BIGINT NOT NULL,
    "superseded_at" BIGINT NOT NULL,
    "area" TEXT NOT NULL,
    "scope_area" TEXT NOT NULL,
    "recorded_by" TEXT NOT NULL,
    "source_kind" BIGINT,
    "source_form" TEXT,
    "source_digest" TEXT,
    "source_row" BIGINT,
    "source_system" TEXT,
    "source_document_no" TEXT,
    "form_year" BIGINT,
    "change_reason" TEXT,
    "action" BIGINT,
    "beneficiary_household" TEXT,
    "beneficiary_person" TEXT,
    "beneficiary_full_name" TEXT,
    "beneficiary_id_number" TEXT,
    "beneficiary_id_number_index" TEXT,
    "beneficiary_standing_on" TEXT,
    "beneficiary_standing" BIGINT,
    "beneficiary_distinct_key" TEXT,
    "quantity" BIGINT,
    "quality" BIGINT,
    "distance" BIGINT,
    "reliability" BIGINT,
    "checked_on" TEXT,
    "checked_by" TEXT,
    "village" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX housing_water_check_area ON housing_water_check ("area", "id");
CREATE INDEX housing_water_check_scope_area ON housing_water_check ("scope_area", "id");
CREATE INDEX housing_water_check_beneficiary_household ON housing_water_check ("beneficiary_household", "id");
CREATE INDEX housing_water_check_beneficiary_person ON housing_water_check ("beneficiary_person", "id");
CREATE INDEX housing_water_check_beneficiary_id_number_index ON housing_water_check ("beneficiary_id_number_index", "id");
