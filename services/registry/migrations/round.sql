CREATE TABLE round (
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
    "title" TEXT,
    "year" BIGINT,
    "kind" BIGINT,
    "opens_on" TEXT,
    "closes_on" TEXT,
    "classes" TEXT,
    "passes" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX round_area ON round ("area", "id");
CREATE INDEX round_scope_area ON round ("scope_area", "id");
CREATE TABLE round_classes (
    "id" TEXT NOT NULL,
    "element_id" TEXT NOT NULL,
    "ordinal" BIGINT NOT NULL,
    "recorded_at" BIGINT NOT NULL,
    "superseded_at" BIGINT NOT NULL,
    "label" TEXT,
    "scope" TEXT,
    PRIMARY KEY (id, element_id, recorded_at)
);
CREATE TABLE round_passes (
    "id" TEXT NOT NULL,
    "element_id" TEXT NOT NULL,
    "ordinal" BIGINT NOT NULL,
    "recorded_at" BIGINT NOT NULL,
    "superseded_at" BIGINT NOT NULL,
    "kind" BIGINT,
    "label" TEXT,
    PRIMARY KEY (id, element_id, recorded_at)
);
