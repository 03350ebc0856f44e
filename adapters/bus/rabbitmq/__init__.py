"""The RabbitMQ engine: quorum queues, publisher confirms, one consumer at a time for each queue.

A message leaves its queue only after its handler accepted it, or after the broker has confirmed it among the
dead letters. Trouble of the consumer's own keeps the message in hand and waits: giving it back would count
as a delivery, and a broker buries what was delivered too often. The connection is ours to renew; what was
under way when it broke is delivered again.
"""

from adapters.bus.port import BusAway
from adapters.bus.rabbitmq.bus import RabbitBus
from adapters.bus.rabbitmq.line import RabbitSettings

__all__ = ["BusAway", "RabbitBus", "RabbitSettings"]
