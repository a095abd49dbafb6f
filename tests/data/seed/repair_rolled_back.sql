UPDATE migrations SET rolled_back_at = NOW() WHERE version = '0004';
