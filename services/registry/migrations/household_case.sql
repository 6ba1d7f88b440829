CREATE TABLE household_case (
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
    "kind" BIGINT,
    "household" TEXT,
    "opened_on" TEXT,
    "effective_on" TEXT,
    "year" BIGINT,
    "reason" TEXT,
    "member_count_at_decision" BIGINT,
    "acts" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX household_case_area ON household_case ("area", "id");
CREATE INDEX household_case_scope_area ON household_case ("scope_area", "id");
CREATE INDEX household_case_household ON household_case ("household", "id");
CREATE TABLE household_case_acts (
    "id" TEXT NOT NULL,
    "element_id" TEXT NOT NULL,
    "ordinal" BIGINT NOT NULL,
    "recorded_at" BIGINT NOT NULL,
    "superseded_at" BIGINT NOT NULL,
    "verb" TEXT,
    "from_state" BIGINT,
    "to_state" BIGINT,
    "occurred_on" TEXT,
    "decided_by" TEXT,
    "document_no" TEXT,
    "note" TEXT,
    "transcribed" BIGINT,
    PRIMARY KEY (id, element_id, recorded_at)
);
