DROP TABLE stock_draft;
