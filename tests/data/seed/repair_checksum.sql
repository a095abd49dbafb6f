UPDATE migrations SET checksum = 'new_checksum' WHERE version = '0003';
