"""What a test asks of the orders that the mission gave."""


def commands(orders, kind):
    """The commands of a kind."""
    return [order.command for order in orders if isinstance(order.command, kind)]


def only(orders, kind):
    """The one command of a kind."""
    command, = commands(orders, kind)
    return command
