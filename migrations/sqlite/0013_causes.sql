-- Admins read the status and the cause of a delivery. A provider's own words, which may speak of a customer, stand with the check.
UPDATE deliveries SET last_error = substr(last_error, 1, instr(last_error, '): ')) || ': what it said is not shown here.'
WHERE last_error LIKE '%refused this (HTTP %): %';
UPDATE deliveries SET last_error = 'The provider shows another decision' WHERE state = 'conflict' AND last_error IS NOT NULL;
