CREATE TABLE membership (
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
    "person" TEXT,
    "relation" TEXT,
    "change_in" TEXT,
    "change_out" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX membership_area ON membership ("area", "id");
CREATE INDEX membership_scope_area ON membership ("scope_area", "id");
CREATE INDEX membership_person ON membership ("person", "id");
CREATE INDEX membership_household ON membership ("household", "id");
