-- The third part of an alarm's key (status|incident|kind|subject) is its kind: GET /v1/alarms?kind=.
CREATE INDEX alarms_by_kind ON ledger.alarms (split_part(alarm_key, '|', 3), published_at, alarm_key);
