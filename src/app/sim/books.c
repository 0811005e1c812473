#include "app/sim/books.h"

void zl_books_begin(struct zl_books *books)
{
        *books = (struct zl_books){.commit = books->commit + 1};
}

void zl_books_trade(struct zl_books *books, uint32_t place, int64_t qty, int64_t value, int64_t fee)
{
        books->qty[place] -= qty;
        books->usdt += value + fee;
}
