// @TITLE@
// Java 11 or newer: save as Score.java, run java Score.java. Wants the key in PORTICO_KEY.

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

public class Score {
    static final String URL = "@URL@";
    static final String KEY = "@KEY@";

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> row = new LinkedHashMap<>();
        "@ROW@";
        System.out.println(score(List.of(row)));
    }

    /** Scores rows (maps by column). The answer's JSON holds one object for each, in the same order. */
    static String score(List<Map<String, Object>> rows) throws Exception {
        Map<String, Object> parameters = new LinkedHashMap<>();
        "@PARAMETERS@";
        String body = json(Map.of("Inputs", Map.of("input1", rows), "GlobalParameters", parameters));
        HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(URL))
            .timeout(Duration.ofSeconds(120))
            .header("Authorization", "Bearer " + KEY)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
        int tries = 6;
        for (int attempt = 1; ; attempt++) {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            int status = answer.statusCode();
            if (status == 200) {
                return answer.body();
            }
            if (status != 429 && status != 503 || attempt == tries) {
                System.err.println(explained(status, answer.body()));
                System.exit(1);
            }
            // The limit was reached: wait as long as the answer says, and longer from try to try.
            double wait = ThreadLocalRandom.current().nextDouble(0.5, 1) * Math.pow(2, attempt - 2);
            String said = answer.headers().firstValue("Retry-After").orElse("");
            double seconds = said.matches("\\d{1,9}") ? Integer.parseInt(said) : 0;
            Thread.sleep((long) (1000 * Math.max(wait, seconds)));
        }
    }

    /** An error's code, message and details, one a line. A larger program has a JSON library for this. */
    static String explained(int status, String body) {
        Pattern field = Pattern.compile("\"(code|target|message)\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");
        Matcher fields = field.matcher(body);
        StringBuilder text = new StringBuilder().append(status);
        while (fields.find()) {
            text.append("code".equals(fields.group(1)) ? "\n  " : ", ").append(fields.group(2));
        }
        return text.indexOf("\n") < 0 ? status + ": " + body : text.toString();
    }

    /** Maps, lists, texts, numbers, booleans and null as JSON. */
    static String json(Object value) {
        if (value instanceof Map) {
            return ((Map<?, ?>) value).entrySet().stream()
                .map(entry -> json(entry.getKey()) + ":" + json(entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof List) {
            return ((List<?>) value).stream().map(Score::json).collect(Collectors.joining(",", "[", "]"));
        }
        if (value == null || value instanceof Number || value instanceof Boolean) {
            return String.valueOf(value);
        }
        StringBuilder text = new StringBuilder("\"");
        for (char c : value.toString().toCharArray()) {
            boolean plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
            text.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        return text.append('"').toString();
    }
}
