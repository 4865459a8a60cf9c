import app.bot  # noqa: F401  before aiogram, which it imports in its own way
