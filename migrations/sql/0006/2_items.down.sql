DROP TABLE item_sku;
