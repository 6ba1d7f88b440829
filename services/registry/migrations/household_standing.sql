CREATE TABLE household_standing (
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
    "household" TEXT,
    "status" BIGINT,
    "since" TEXT,
    "case" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX household_standing_area ON household_standing ("area", "id");
CREATE INDEX household_standing_scope_area ON household_standing ("scope_area", "id");
