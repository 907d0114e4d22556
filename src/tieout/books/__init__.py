"""The words that all platforms are translated to and from. Pure: no SQL, no HTTP, no asyncio."""
