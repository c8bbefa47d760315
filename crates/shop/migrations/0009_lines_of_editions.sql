-- Which carts hold an edition: their lines follow it when it is merged into another.
CREATE INDEX cart_lines_edition ON cart_lines (edition);
