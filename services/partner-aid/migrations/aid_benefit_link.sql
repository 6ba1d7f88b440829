CREATE TABLE aid_benefit_link (
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
    "project" TEXT,
    "beneficiary_household" TEXT,
    "beneficiary_person" TEXT,
    "beneficiary_full_name" TEXT,
    "beneficiary_id_number" TEXT,
    "beneficiary_id_number_index" TEXT,
    "beneficiary_standing_on" TEXT,
    "beneficiary_standing" BIGINT,
    "beneficiary_distinct_key" TEXT,
    "basis" BIGINT,
    "mechanism" TEXT,
    "expected_income_fen" BIGINT,
    "starts_on" TEXT,
    "ends_on" TEXT,
    "persons" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX aid_benefit_link_area ON aid_benefit_link ("area", "id");
CREATE INDEX aid_benefit_link_scope_area ON aid_benefit_link ("scope_area", "id");
CREATE INDEX aid_benefit_link_project ON aid_benefit_link ("project", "id");
CREATE INDEX aid_benefit_link_beneficiary_household ON aid_benefit_link ("beneficiary_household", "id");
CREATE INDEX aid_benefit_link_beneficiary_person ON aid_benefit_link ("beneficiary_person", "id");
CREATE INDEX aid_benefit_link_beneficiary_id_number_index ON aid_benefit_link ("beneficiary_id_number_index", "id");
CREATE TABLE aid_benefit_link_persons (
    "id" TEXT NOT NULL,
    "element_id" TEXT NOT NULL,
    "ordinal" BIGINT NOT NULL,
    "recorded_at" BIGINT NOT NULL,
    "superseded_at" BIGINT NOT NULL,
    "full_name" TEXT,
    "id_number" TEXT,
    "id_number_index" TEXT,
    "person" TEXT,
    "distinct_key" TEXT,
    PRIMARY KEY (id, element_id, recorded_at)
);
