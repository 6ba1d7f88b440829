CREATE TABLE housing_house_appraisal (
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
    "grade" TEXT,
    "appraised_on" TEXT,
    "appraiser" TEXT,
    "floor_area_sqm_x100" BIGINT,
    "structure" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX housing_house_appraisal_area ON housing_house_appraisal ("area", "id");
CREATE INDEX housing_house_appraisal_scope_area ON housing_house_appraisal ("scope_area", "id");
CREATE INDEX housing_house_appraisal_beneficiary_household ON housing_house_appraisal ("beneficiary_household", "id");
CREATE INDEX housing_house_appraisal_beneficiary_person ON housing_house_appraisal ("beneficiary_person", "id");
CREATE INDEX housing_house_appraisal_beneficiary_id_number_index ON housing_house_appraisal ("beneficiary_id_number_index", "id");
