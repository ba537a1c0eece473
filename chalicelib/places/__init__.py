"""Place codes and visitor registers: places, gates, posters, staff, check-ins and what is counted of them."""
