CREATE TABLE snapshot (
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
    "code" TEXT,
    "title" TEXT,
    "as_of" TEXT,
    "known_at" BIGINT,
    "purpose" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX snapshot_area ON snapshot ("area", "id");
CREATE INDEX snapshot_scope_area ON snapshot ("scope_area", "id");
