CREATE TABLE division (
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
    "level" BIGINT,
    "name_zh" TEXT,
    "name_ko" TEXT,
    "parent" TEXT,
    "rural" BIGINT,
    "established_on" TEXT,
    "reports_separately" BIGINT,
    "predecessors" TEXT,
    "designations" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX division_area ON division ("area", "id");
CREATE INDEX division_scope_area ON division ("scope_area", "id");
CREATE INDEX division_parent ON division ("parent", "id");
CREATE TABLE division_designations (
    "id" TEXT NOT NULL,
    "element_id" TEXT NOT NULL,
    "ordinal" BIGINT NOT NULL,
    "recorded_at" BIGINT NOT NULL,
    "superseded_at" BIGINT NOT NULL,
    "kind" BIGINT,
    "valid_from" TEXT,
    "valid_to" TEXT,
    "planned_exit_year" BIGINT,
    PRIMARY KEY (id, element_id, recorded_at)
);
