// Kafka Streams doing the small job: decode, add seven counters to those of the unit, publish what changed every second.
//
// The state is in memory, without a changelog, which is in its favour. Prints `progress <events> <seconds>`.
// Usage: Counters <bootstrap> <input topic> <output topic> <application id> <folder>

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public final class Counters {
    static final LongAdder SEEN = new LongAdder();

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static final class Event {
        public String record_id, incident_id, unit, org, as_of, sent_at, note;
        public long dead, missing, injured, reloc, collapsed, damaged, sorties;
    }

    public static final class Sums {
        public long events, dead, missing, injured, reloc, collapsed, damaged, sorties;
    }

    static final class Adding implements Processor<String, byte[], String, byte[]> {
        private final ObjectReader reader = new ObjectMapper().readerFor(Event.class);
        private final ObjectWriter writer = new ObjectMapper().writerFor(Sums.class);
        private final Set<String> changed = new HashSet<>();
        private ProcessorContext<String, byte[]> context;
        private KeyValueStore<String, Sums> store;

        @Override
        public void init(ProcessorContext<String, byte[]> given) {
            context = given;
            store = given.getStateStore("sums");
            given.schedule(Duration.ofSeconds(1), PunctuationType.WALL_CLOCK_TIME, this::publish);
        }

        @Override
        public void process(Record<String, byte[]> record) {
            try {
                Event event = reader.readValue(record.value());
                Sums sums = store.get(event.unit);
                if (sums == null) {
                    sums = new Sums();
                }
                sums.events++;
                sums.dead += event.dead;
                sums.missing += event.missing;
                sums.injured += event.injured;
                sums.reloc += event.reloc;
                sums.collapsed += event.collapsed;
                sums.damaged += event.damaged;
                sums.sorties += event.sorties;
                store.put(event.unit, sums);
                changed.add(event.unit);
                SEEN.increment();
            } catch (IOException error) {
                throw new IllegalStateException(error);
            }
        }

        private void publish(long now) {
            try {
                for (String unit : changed) {
                    context.forward(new Record<>(unit, writer.writeValueAsBytes(store.get(unit)), now));
                }
                changed.clear();
            } catch (IOException error) {
                throw new IllegalStateException(error);
            }
        }
    }

    // Eight longs, the cheapest form that the store's bytes can have.
    static final class SumsSerde implements Serde<Sums> {
        @Override
        public Serializer<Sums> serializer() {
            return (topic, sums) -> ByteBuffer.allocate(64)
                .putLong(sums.events).putLong(sums.dead).putLong(sums.missing).putLong(sums.injured)
                .putLong(sums.reloc).putLong(sums.collapsed).putLong(sums.damaged).putLong(sums.sorties)
                .array();
        }

        @Override
        public Deserializer<Sums> deserializer() {
            return (topic, bytes) -> {
                if (bytes == null) {
                    return null;
                }
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                Sums sums = new Sums();
                sums.events = buffer.getLong();
                sums.dead = buffer.getLong();
                sums.missing = buffer.getLong();
                sums.injured = buffer.getLong();
                sums.reloc = buffer.getLong();
                sums.collapsed = buffer.getLong();
                sums.damaged = buffer.getLong();
                sums.sorties = buffer.getLong();
                return sums;
            };
        }
    }

    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[3]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[4]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.poll.records", 5000);

        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(
            Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("sums"), Serdes.String(), new SumsSerde())
                .withLoggingDisabled());
        builder.stream(arguments[1], Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .process(Adding::new, "sums")
            .to(arguments[2], Produced.with(Serdes.String(), Serdes.ByteArray()));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        streams.start();
        while (true) {
            Thread.sleep(200);
            System.out.println("progress " + SEEN.sum() + " " + System.nanoTime() / 1e9);
        }
    }
}
