-- What calls of a purse came to by the quarter of an hour (since 1970) in which they were received: what reports are held
-- against.
CREATE TABLE ledger_received (
    quarter  BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    currency TEXT NOT NULL,
    calls    BIGINT NOT NULL,
    units    BIGINT NOT NULL,
    nano     BIGINT NOT NULL,
    PRIMARY KEY (quarter, customer, currency)
);

-- The first six bytes of a call's id are when it was received, in milliseconds.
INSERT INTO ledger_received (quarter, customer, currency, calls, units, nano)
SELECT quarter, customer, currency, COUNT(*), SUM(amount / 1000000000), SUM(amount % 1000000000)
FROM (
    SELECT customer, currency, amount,
        ('x' || encode(substring(call_id FROM 1 FOR 6), 'hex'))::BIT(48)::BIGINT / 900000 AS quarter
    FROM ledger_calls
) AS calls
GROUP BY quarter, customer, currency;
