-- The versions of playbooks are kept like those of rules: all is folded anew from the log.
DELETE FROM cell;
DELETE FROM timeline;
DELETE FROM alert;
DELETE FROM alert_order;
DELETE FROM alert_rule;
DELETE FROM human_case;
UPDATE fold SET cursor = 0;
