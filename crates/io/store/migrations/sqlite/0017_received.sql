-- What calls of a purse came to by the quarter of an hour (since 1970) in which they were received: what reports are held
-- against.
CREATE TABLE ledger_received (
    quarter  INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    currency TEXT NOT NULL,
    calls    INTEGER NOT NULL,
    units    INTEGER NOT NULL,
    nano     INTEGER NOT NULL,
    PRIMARY KEY (quarter, customer, currency)
) STRICT, WITHOUT ROWID;

-- The first six bytes of a call's id are when it was received, in milliseconds.
INSERT INTO ledger_received (quarter, customer, currency, calls, units, nano)
SELECT quarter, customer, currency, COUNT(*), SUM(amount / 1000000000), SUM(amount % 1000000000)
FROM (
    SELECT customer, currency, amount, (
        17592186044416 * instr('123456789ABCDEF', substr(hex(call_id), 1, 1)) +
        1099511627776 * instr('123456789ABCDEF', substr(hex(call_id), 2, 1)) +
        68719476736 * instr('123456789ABCDEF', substr(hex(call_id), 3, 1)) +
        4294967296 * instr('123456789ABCDEF', substr(hex(call_id), 4, 1)) +
        268435456 * instr('123456789ABCDEF', substr(hex(call_id), 5, 1)) +
        16777216 * instr('123456789ABCDEF', substr(hex(call_id), 6, 1)) +
        1048576 * instr('123456789ABCDEF', substr(hex(call_id), 7, 1)) +
        65536 * instr('123456789ABCDEF', substr(hex(call_id), 8, 1)) +
        4096 * instr('123456789ABCDEF', substr(hex(call_id), 9, 1)) +
        256 * instr('123456789ABCDEF', substr(hex(call_id), 10, 1)) +
        16 * instr('123456789ABCDEF', substr(hex(call_id), 11, 1)) +
        1 * instr('123456789ABCDEF', substr(hex(call_id), 12, 1))
    ) / 900000 AS quarter
    FROM ledger_calls
) AS calls
GROUP BY quarter, customer, currency;
