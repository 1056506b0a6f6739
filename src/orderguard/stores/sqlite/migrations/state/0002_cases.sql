-- `body` is the whole case; the other columns are there to find it.
CREATE TABLE human_case (
    case_id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    severity INTEGER NOT NULL,
    inbox TEXT NOT NULL,
    assignee TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    changed_offset INTEGER NOT NULL,
    changed_place INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE INDEX case_by_time ON human_case (created_at, case_id);
CREATE INDEX case_by_status ON human_case (status, created_at, case_id);
CREATE INDEX case_by_urgency ON human_case (status, severity DESC, due_at, case_id);
CREATE INDEX case_by_change ON human_case (changed_offset, changed_place);
