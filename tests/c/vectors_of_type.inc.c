/* test_vectors.c for one element type.  Parameters: T, T_NAME. */
#define F(name) PC_CAT(name, T_NAME)
#define V(name) PC_CAT(name, T_NAME)
#define W PC_CAT(PC_WIDTH, T_NAME)

/* Room for three registers and one more. */
typedef struct F(row) {
    T at[ROOM];
} F(row);

static F(row) F(drawn)(void)
{
    F(row) row;
    for (int i = 0; i < ROOM; i++)
        row.at[i] = (T)draw();
    return row;
}

static void F(check)(V(pc_v) got, const T *want, const char *what)
{
    T lanes[W];
    V(pc_store)(lanes, got);
    for (int l = 0; l < W; l++)
        expect((double)lanes[l], (double)want[l], what, l);
}

static void F(check_row)(const F(row) * got, const F(row) * want, const char *what)
{
    for (int i = 0; i < ROOM; i++)
        expect((double)got->at[i], (double)want->at[i], what, i);
}

static void F(test_arithmetic)(void)
{
    const F(row) x = F(drawn)(), y = F(drawn)();
    const V(pc_v) a = V(pc_load)(x.at), b = V(pc_load)(y.at);
    T sum[W], most[W], least[W], size[W], root[W], part[W], zero[W];
    for (int l = 0; l < W; l++) {
        const T p = x.at[l], q = y.at[l];
        sum[l] = p + q;
        most[l] = q != q || q > p ? q : p;
        least[l] = q != q || q < p ? q : p;
        size[l] = (T)fabs((double)p);
        root[l] = (T)sqrt((double)p);
        part[l] = p / 3;
        zero[l] = 0;
    }
    F(check)(V(pc_add)(a, b), sum, "a + b");
    F(check)(V(pc_max)(a, b), most, "max");
    F(check)(V(pc_min)(a, b), least, "min");
    F(check)(V(pc_abs)(a), size, "absolute value");
    F(check)(V(pc_sqrt)(a), root, "square root");
    F(check)(V(pc_divide_by)(a, 3), part, "a / 3");
    F(check)(V(pc_zero)(), zero, "zero");
}

static void F(test_plain)(void)
{
    F(row) x = F(drawn)(), y = F(drawn)();
    T most[W], least[W];
    for (int l = 0; l < W; l++) {
        x.at[l] = x.at[l] == x.at[l] ? x.at[l] : 1;
        y.at[l] = y.at[l] == y.at[l] ? y.at[l] : 1;
        most[l] = y.at[l] > x.at[l] ? y.at[l] : x.at[l];
        least[l] = y.at[l] < x.at[l] ? y.at[l] : x.at[l];
    }
    F(check)(V(pc_plain_max)(V(pc_load)(x.at), V(pc_load)(y.at)), most, "max without NaN");
    F(check)(V(pc_plain_min)(V(pc_load)(x.at), V(pc_load)(y.at)), least, "min without NaN");
}

/* A NaN in any lane of either, and what was seen before. */
static void F(test_seen)(void)
{
    T one[W], none[W];
    for (int l = 0; l < W; l++)
        none[l] = l % 2 == 0 ? -(T)INFINITY : (T)INFINITY;
    const V(pc_v) plain = V(pc_load)(none);
    expect(V(pc_any_nan)(V(pc_see_nan)(V(pc_no_nan)(), plain, plain)), 0, "no NaN", 0);
    for (int l = 0; l < W; l++) {
        memcpy(one, none, sizeof one);
        one[l] = NAN;
        const V(pc_v) a = V(pc_load)(one);
        expect(V(pc_any_nan)(V(pc_see_nan)(V(pc_no_nan)(), a, plain)), 1, "NaN in a", l);
        expect(V(pc_any_nan)(V(pc_see_nan)(V(pc_no_nan)(), plain, a)), 1, "NaN in b", l);
        expect(V(pc_any_nan)(V(pc_see_nan)(V(pc_see_nan)(V(pc_no_nan)(), a, a), plain, plain)), 1,
               "NaN before", l);
    }
}

/* A row of 16 for each lane, of which neighbours are added in four steps. */
static void F(test_join)(void)
{
    enum { RUN = 16, PARTS = RUN / W };
    T row[W][RUN], want[W];
    V(pc_v) all[RUN], one, other;
    for (int r = 0; r < W; r++)
        for (int i = 0; i < RUN; i++)
            row[r][i] = (T)(r * RUN + i) / 3;
    for (int k = 0; k < RUN; k++)
        all[k] = V(pc_load)(row[k / PARTS] + k % PARTS * W);
    for (int step = 0, n = RUN / 2; n > 0; step++, n /= 2)
        for (int i = 0; i < n; i++) {
            V(pc_neighbours)(step, all[2 * i], all[2 * i + 1], &one, &other);
            all[i] = V(pc_add)(one, other);
        }
    for (int r = 0; r < W; r++) {
        for (int n = RUN / 2; n > 0; n /= 2)
            for (int i = 0; i < n; i++)
                row[r][i] = row[r][2 * i] + row[r][2 * i + 1];
        want[r] = row[r][0];
    }
    F(check)(V(pc_joined)(all[0]), want, "rows joined");
}

/* Registers that follow one another in a row. */
static void F(test_order)(void)
{
    const F(row) x = F(drawn)();
    const V(pc_v) a = V(pc_load)(x.at), b = V(pc_load)(x.at + W), c = V(pc_load)(x.at + 2 * W);
    V(pc_v) one, two, third[3];
    T want[3][W];
    V(pc_deinterleave2)(a, b, &one, &two);
    for (int i = 0; i < 2 * W; i++)
        want[i % 2][i / 2] = x.at[i];
    F(check)(one, want[0], "even lanes");
    F(check)(two, want[1], "odd lanes");
    V(pc_v) even, odd;
    V(pc_apart2)(a, b, &even, &odd);
    F(check)(V(pc_in_order)(even), want[0], "even lanes, put in order");
    F(check)(V(pc_in_order)(odd), want[1], "odd lanes, put in order");
    V(pc_interleave2)(one, two, &one, &two);
    F(check)(one, x.at, "joined, first");
    F(check)(two, x.at + W, "joined, second");
    V(pc_deinterleave3)(a, b, c, third);
    for (int i = 0; i < 3 * W; i++)
        want[i % 3][i / 3] = x.at[i];
    for (int r = 0; r < 3; r++)
        F(check)(third[r], want[r], "every third lane");
    for (int n = 0; n <= W; n++) {
        const volatile int hidden = n;
        F(check)(V(pc_shift)(a, b, n), x.at + n, "from lane n on, a constant");
        F(check)(V(pc_shift)(a, b, hidden), x.at + n, "from lane n on");
    }
    int32_t lanes[W];
    for (int l = 0; l < W; l++) {
        lanes[l] = (int32_t)fabs(draw() * 7) % (2 * W);
        want[0][l] = x.at[lanes[l]];
    }
    F(check)(V(pc_permute)(a, b, lanes), want[0], "permuted");
}

/* Parts of registers; what is beside them in memory is on a page without access, or stays. */
static void F(test_parts)(void)
{
    const F(row) x = F(drawn)();
    const V(pc_v) a = V(pc_load)(x.at);
    for (int n = 0; n <= W; n++) {
        F(row) got = F(drawn)(), want = got;
        T *const end = (T *)edge - n;
        T part[W];
        memcpy(end, x.at, (size_t)n * sizeof(T));
        for (int l = 0; l < W; l++)
            part[l] = l < n ? x.at[l] : 5;
        F(check)(V(pc_load_part)(end, n, 5), part, "the first lanes from memory");
        F(check)(V(pc_mask_tail)(a, n, 5), part, "the first lanes");
        V(pc_store_part)(end, a, n);
        V(pc_store_part)(got.at + 1, a, n);
        memcpy(want.at + 1, x.at, (size_t)n * sizeof(T));
        F(check_row)(&got, &want, "the first lanes to memory");
    }
}

static void F(test_memory)(void)
{
    const F(row) x = F(drawn)();
    const V(pc_v) a = V(pc_load)(x.at + 1);
    F(row) got = F(drawn)(), want = got;
    uint8_t bytes[W];
    T chosen[W];
    for (int l = 0; l < W; l++) {
        bytes[l] = (uint8_t)(draw() > 1 ? 200 : l);
        chosen[l] = bytes[l] == 200 ? x.at[l + 1] : 0;
    }
    F(check)(V(pc_load_eq)(x.at + 1, bytes, 200), chosen, "where a byte is 200");
    V(pc_add_stride2)(got.at + 1, a);
    for (int l = 0; l < W; l++)
        want.at[1 + 2 * l] += x.at[1 + l];
    F(check_row)(&got, &want, "added to every second");
    for (int n = 0; n <= W; n += STREAM_ALIGN / (int)sizeof(T)) {
        _Alignas(STREAM_ALIGN) F(row) streamed = want;
        F(row) stored = want;
        V(pc_store_or_stream)(streamed.at, a, true);
        V(pc_store_or_stream)(stored.at, a, false);
        V(pc_store_or_stream_part)(streamed.at + 2 * W, a, n, true);
        V(pc_store_or_stream_part)(stored.at + 2 * W, a, n, false);
        F(check_row)(&streamed, &stored, "past the caches");
    }
}

static void F(test_all)(void)
{
    F(test_arithmetic)();
    F(test_plain)();
    F(test_seen)();
    F(test_order)();
    F(test_join)();
    F(test_parts)();
    F(test_memory)();
}
#undef F
#undef V
#undef W
